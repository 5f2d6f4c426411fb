/** The yardstick: a bare node:http server that parses the same JSON, and answers JSON of the size of a send's reply. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answer } from "../processes/answer.ts";

interface Body {
  readonly to: string;
  readonly serviceId: string;
}

const server = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => {
    text += chunk;
  });
  request.on("end", () => {
    const { to, serviceId } = JSON.parse(text) as Body;
    const reply = JSON.stringify({
      success: true,
      message: "Otp Sent Successfully!",
      data: {
        to,
        serviceId,
        status: "pending",
        verificationId: "01981f2c-7a4e-7c3b-9d52-6f1e0b8a4c77",
        expiresIn: 300,
        expiresAt: "2026-01-01T00:05:00.000Z",
        resendAt: "2026-01-01T00:00:30.000Z",
      },
    });
    response.writeHead(200, {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(reply),
    });
    response.end(reply);
  });
});

answer("listen", async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
process.channel?.ref();
