// What of the environment may be shown to whoever asks.

/** The app's variables: text values, by name. */
export type Env = Readonly<Record<string, string | undefined>>;

const SECRET_NAME = /SECRET|TOKEN|PASSWORD|KEY/i;

/** All text variables, with the values of secret ones masked. */
export function visible(env: Env): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (typeof value === "string") {
      shown[name] = SECRET_NAME.test(name) ? "••••••" : value;
    }
  }
  return shown;
}
