/// <reference lib="dom" />
/** Sets the chosen theme before anything is painted; without a choice the system's wish holds. A classic script. */

// Names at the top of a classic script are names of the whole page
(() => {
  const KEY = "nano-theme";
  const root = document.documentElement;
  const stored = localStorage.getItem(KEY);
  if (stored === "light" || stored === "dark") root.dataset["theme"] = stored;

  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!(button instanceof HTMLButtonElement)) return;
    button.hidden = false;
    const system = matchMedia("(prefers-color-scheme: dark)");
    const other = () => {
      const { theme } = root.dataset;
      return (theme === undefined ? system.matches : theme === "dark") ? "light" : "dark";
    };
    const tell = () => {
      button.setAttribute("aria-label", `Use the ${other()} theme`);
      button.title = `Use the ${other()} theme`;
    };
    button.addEventListener("click", () => {
      const theme = other();
      root.dataset["theme"] = theme;
      localStorage.setItem(KEY, theme);
      tell();
      dispatchEvent(new Event("nano-theme"));
    });
    system.addEventListener("change", () => {
      tell();
      dispatchEvent(new Event("nano-theme"));
    });
    tell();
  });
})();
