export default {
  fetch() {
    return Response.json({ year: new Date().getUTCFullYear() });
  },
};
