// A webhook receiver that trusts nobody: what standardwebhooks does not verify gets 401.
//
//     node receive.mjs SECRET COUNTS_FILE
//
// Prints its port on one line.  After every request COUNTS_FILE says: verified=N rejected=N distinct=N.
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

const [secret, counts] = process.argv.slice(2);
const webhook = new Webhook(secret);
const ids = new Set();
let verified = 0;
let rejected = 0;

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    let status = 204;
    try {
      webhook.verify(Buffer.concat(parts).toString('utf8'), request.headers);
      verified++;
      ids.add(request.headers['webhook-id']);
    } catch {
      rejected++;
      status = 401;
    }
    writeFileSync(counts, `verified=${verified} rejected=${rejected} distinct=${ids.size}\n`);
    response.writeHead(status).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
