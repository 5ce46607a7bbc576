// Sets two cookies, joins a repeated header, and shows what a bad value does.

export default {
  fetch(): Response {
    const headers = new Headers({ "Content-Type": "application/json" });
    headers.append("vary", "accept");
    headers.append("vary", "accept-encoding");
    headers.append("set-cookie", "a=1; Path=/");
    headers.append("set-cookie", "b=2; Path=/");
    let refused = "";
    try {
      headers.set("x-bad", "line\nbreak");
    } catch (error) {
      refused = (error as Error).name;
    }
    const body = {
      vary: headers.get("Vary"),
      cookies: headers.getSetCookie(),
      names: [...headers.keys()],
      refused,
    };
    return new Response(JSON.stringify(body), { headers });
  },
};
