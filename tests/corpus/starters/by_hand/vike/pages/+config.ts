import vikeReact from "vike-react/config";
import type { Config } from "vike/types";

export default {
  title: "My Vike App",
  extends: [vikeReact],
  prerender: true,
} satisfies Config;
