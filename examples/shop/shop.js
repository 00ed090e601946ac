/**
 * A small shop beside Seonchak: signs in its members, shows the button, redeems at checkout, cancels orders, follows what happens.
 *
 *   npm start                                   in one terminal
 *   npm run shop                                in another, then open http://127.0.0.1:3000
 *
 * Settings: SEONCHAK_URL, SEONCHAK_SECRET_FILE (or JWT_SECRET), SHOP_PORT, SHOP_DB.
 */
import { readFileSync } from 'node:fs';
import { createSeonchakClient } from '@seonchak/client';
import { couponOfShop, serverKey } from './first-start.js';
import { followSeonchak } from './follower.js';
import { Orders } from './orders.js';
import { shopServer } from './pages.js';
import { openShopDatabase } from './database.js';

const {
  SEONCHAK_URL = 'http://127.0.0.1:8080',
  SEONCHAK_SECRET_FILE = 'data/jwt-secret',
  SHOP_PORT = '3000',
  SHOP_DB = 'data/example-shop.db',
} = process.env;
const secret = process.env.JWT_SECRET ?? readFileSync(SEONCHAK_SECRET_FILE, 'utf8').trim();

const database = openShopDatabase(SHOP_DB);
const key = await serverKey(database, SEONCHAK_URL, secret);
const client = createSeonchakClient({ baseUrl: SEONCHAK_URL, token: key });
const couponId = await couponOfShop(database, client);
const orders = new Orders(database, client, couponId);
// What a shop that died left open is finished first: every step may be repeated.
void orders.finishOpen();
void followSeonchak(database, client);

const server = shopServer({ database, client, orders, couponId });
await server.listen({ port: Number(SHOP_PORT), host: '127.0.0.1' });
console.log(`The shop is open on http://127.0.0.1:${SHOP_PORT}`);
