/** The login: asks for the token and says where it is found. */
import { LonelyPage, Note } from "./page_layout.tsx";

/** @param next path to go on to after the login */
export function LoginPage({ problem, next }: { problem: string | null; next: string }) {
  return (
    <LonelyPage title="Sign in">
      <div class="card">
        <h1>Sign in</h1>
        <p class="muted">Your apps, their figures and their logs are behind the admin token.</p>
        <form method="post" action="/login">
          {problem === null ? null : <Note note={{ tone: "bad", text: problem, details: [] }} />}
          <input type="hidden" name="next" value={next} />
          <input type="text" name="username" value="nano" autocomplete="username" hidden />
          <label for="token">Admin token</label>
          <input
            id="token"
            name="token"
            type="password"
            required
            autofocus
            autocomplete="current-password"
            spellcheck={false}
            aria-describedby="token-hint"
          />
          <div class="field"></div>
          <button type="submit" class="button primary">Sign in</button>
        </form>
        <p class="hint" id="token-hint">
          On the machine that runs NANO, <code>nano token</code> prints it. In a checkout:{" "}
          <code>deno task nano token</code>.
        </p>
      </div>
    </LonelyPage>
  );
}
