/** The bare substrate of reads: Express with one Redis GET a request. `node express-get.ts REDIS_URL PORT`. */
import express from 'express';
import { Redis } from 'ioredis';

const [url, port] = process.argv.slice(2);
const redis = new Redis(url!);
const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.get('/profiles/:id', async (request, response) => {
  const value = await redis.get(`bare:${request.params.id}`);
  if (value === null) response.status(404).end();
  else response.type('json').send(value);
});
app.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
