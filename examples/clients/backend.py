"""Does what a shop's backend does with its server key: grants, holds, orders, events and a webhook.

Call: python3 backend.py http://127.0.0.1:8080 SELLER_TOKEN
"""
import json
import sys
import uuid

import seonchak_client as seonchak
from seonchak_client.rest import ApiException


def caller(token):
    configuration = seonchak.Configuration(host=base)
    configuration.access_token = token
    return seonchak.SellersApi(seonchak.ApiClient(configuration))


def code_of(request, *arguments):
    """The code of the problem that refuses a request."""
    try:
        request(*arguments)
    except ApiException as refused:
        return json.loads(refused.body)["code"]
    return None


base, seller_token = sys.argv[1:]
scopes = ["issue", "redeem", "read", "manage"]
# The key is shown once: store it. It is valid until it is revoked.
key = caller(seller_token).create_key(seonchak.NewServerKey(name="backend", scopes=scopes))
shop = caller(key.key)

# A repeat with the same key of idempotency finds the same coupon.
drop = uuid.uuid4().hex
body = seonchak.NewCoupon(name="Half price", quantity=10, redeem_by="seller")
coupon = shop.register_coupon(body, idempotency_key=drop)
assert shop.register_coupon(body, idempotency_key=drop).id == coupon.id

# On behalf of one member, and of many.
issued = shop.download_for_member("7", coupon.id)
assert shop.download_for_member("7", coupon.id).issue_no == issued.issue_no
granted = shop.grant_coupons(coupon.id, seonchak.NewGrant(member_ids=["7", "8"]))
assert [result.outcome for result in granted.results] == ["already_issued", "issued"]
assert shop.show_issuance_of_member("7", coupon.id).issue_no == issued.issue_no

# An order redeems, its repeat gets the same answer, and its cancelled id is dead.
order = seonchak.NewRedemption(order_id="order-1")
redeemed = shop.redeem_for_member("7", coupon.id, order)
assert shop.redeem_for_member("7", coupon.id, order).redeemed_at == redeemed.redeemed_at
assert code_of(shop.redeem_for_member, "7", coupon.id, seonchak.NewRedemption(order_id="order-2")) == "already_used"
assert shop.cancel_for_member("7", coupon.id, "order-1").state == "usable"
assert code_of(shop.redeem_for_member, "7", coupon.id, order) == "redemption_cancelled"

# A seat is held until its order is paid, or given back.
seat = shop.register_coupon(seonchak.NewCoupon(name="Seat", quantity=2, hold_seconds=600))
paid = shop.download_for_member("7", seat.id)
left = shop.download_for_member("8", seat.id)
assert paid.confirm_by is not None
assert shop.confirm_hold(seat.id, paid.issue_no, order).order_id == "order-1"
assert shop.release_hold(seat.id, left.issue_no).remaining == 1

# Store the cursor with what you made of the events, and continue from it.
cursor, seen = "0", []
while cursor is not None:
    page = shop.list_events(after=cursor, limit=3)
    seen += [event.type for event in page.items if event.coupon_id == coupon.id]
    cursor = page.next
assert seen == ["issuance.recorded", "issuance.recorded", "redemption.made", "redemption.cancelled"], seen

# Another request has another key of idempotency.
hook = shop.create_webhook(
    seonchak.NewWebhook(url="https://shop.example/hooks", kinds=["issuance.recorded"]), idempotency_key=uuid.uuid4().hex
)
assert hook.secret.startswith("whsec_")
assert shop.remove_webhook(hook.id).removed
assert caller(seller_token).revoke_key(key.id).revoked
print(f"coupon {coupon.id}: {len(seen)} events, key {key.id} revoked")
