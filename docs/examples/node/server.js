// A Node server that reads PORT, as every host of such servers wants it: `portc run -- node server.js`.
import { createServer } from "node:http";

const { PORT = "3000", HOST = "127.0.0.1" } = process.env;

createServer((_, answer) => answer.end(`node on port ${PORT}\n`)).listen(Number(PORT), HOST);
