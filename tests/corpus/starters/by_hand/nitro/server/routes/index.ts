import { defineHandler } from "nitro/h3";

export default defineHandler(() => "<meta charset=utf-8><h1>This is Nitro!</h1>");
