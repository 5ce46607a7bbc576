const express = require("express");

const app = express();
app.use(express.json());

app.get("/", (request, response) => {
  response.send(`Hello ${request.query.name ?? "world"}, you are ${request.ip}\n`);
});

app.post("/words", (request, response) => {
  response.status(201).json({ words: String(request.body.text).split(" ").length });
});

app.listen(3000, () => console.log("ready"));
