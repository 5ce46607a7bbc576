export default defineEventHandler((event) => ({ hello: "world", path: event.path }));
