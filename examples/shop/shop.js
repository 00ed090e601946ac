/**
 * Runs a small shop beside Seonchak: signs in its members, shows the button, redeems at checkout, holds seats, follows what happens.
 *
 *   CORS_ORIGINS=http://127.0.0.1:3000 npm start    in one terminal; the setting lets the button with its countdown in
 *   npm run shop                                    in another, then open http://127.0.0.1:3000
 *
 * Settings: SEONCHAK_URL, SEONCHAK_SECRET_FILE (or JWT_SECRET), SHOP_PORT, SHOP_DB, SEAT_HOLD_SECONDS, and SHOP_URL where Seonchak can reach the shop:
 * then events come by webhook (on one machine the server needs WEBHOOK_ALLOW_PRIVATE=1).
 */
import { readFileSync } from 'node:fs';
import { createSeonchakClient } from '@seonchak/client';
import { couponOfShop, HALF_PRICE, seatHeldFor, serverKey, webhookSecret } from './first-start.js';
import { Orders } from './orders.js';
import { shopServer } from './pages.js';
import { Seats } from './seats.js';
import { openShopDatabase } from './database.js';
import { followSeonchak, receiveWebhooks } from './winners.js';

const {
  SEONCHAK_URL = 'http://127.0.0.1:8080',
  SEONCHAK_SECRET_FILE = 'data/jwt-secret',
  SHOP_PORT = '3000',
  SHOP_DB = 'data/example-shop.db',
  SEAT_HOLD_SECONDS = '600',
  SHOP_URL,
} = process.env;
const signingSecret = process.env.JWT_SECRET ?? readFileSync(SEONCHAK_SECRET_FILE, 'utf8').trim();

const database = openShopDatabase(SHOP_DB);
const key = await serverKey(database, SEONCHAK_URL, signingSecret);
const client = createSeonchakClient({ baseUrl: SEONCHAK_URL, token: key });
const secret = SHOP_URL === undefined ? undefined : await webhookSecret(database, client, SHOP_URL);
const couponId = await couponOfShop(database, client, 'coupon', HALF_PRICE);
const orders = new Orders(database, client, couponId);
const seat = seatHeldFor(Number(SEAT_HOLD_SECONDS));
const seats = new Seats(database, client, await couponOfShop(database, client, 'seat-coupon', seat));
// What a shop that died left open is finished first: every step may be repeated.
void orders.finishOpen();
void seats.finishOpen();

const server = shopServer({ database, client, orders, seats, couponId, seonchakUrl: SEONCHAK_URL });
if (secret === undefined) void followSeonchak(database, client);
else receiveWebhooks(server, database, secret);
await server.listen({ port: Number(SHOP_PORT), host: '127.0.0.1' });
console.log(`The shop is open on http://127.0.0.1:${SHOP_PORT}`);
