// Sets the chosen theme before anything is painted; without a choice the system's wish holds.
(() => {
  const KEY = "nano-theme";
  const root = document.documentElement;
  const stored = localStorage.getItem(KEY);
  if (stored === "light" || stored === "dark") root.dataset.theme = stored;

  addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!(button instanceof HTMLButtonElement)) return;
    button.hidden = false;
    const tell = () => {
      const other = isDark() ? "light" : "dark";
      button.setAttribute("aria-label", `Use the ${other} theme`);
      button.title = `Use the ${other} theme`;
    };
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      localStorage.setItem(KEY, root.dataset.theme);
      tell();
      dispatchEvent(new Event("nano-theme"));
    });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", () => {
      tell();
      dispatchEvent(new Event("nano-theme"));
    });
    tell();

    function isDark() {
      return root.dataset.theme === undefined ? system.matches : root.dataset.theme === "dark";
    }
  });
})();
