let visits = 0;

export default {
  fetch() {
    return Response.json({ visits: ++visits });
  },
};
