// Counts its visits, also over restarts.

export default {
  fetch(): Response {
    const visits = Number(localStorage.getItem("visits") ?? 0) + 1;
    localStorage.setItem("visits", String(visits));
    return Response.json({ visits });
  },
};
