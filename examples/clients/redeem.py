"""Registers a coupon, downloads it and redeems it with the client that openapi-generator makes for Python.

Call: python3 redeem.py http://127.0.0.1:8080 SELLER_TOKEN MEMBER_TOKEN
"""
import json
import sys
import uuid

import seonchak_client
from seonchak_client.rest import ApiException


def caller(api, token):
    configuration = seonchak_client.Configuration(host=base)
    configuration.access_token = token
    return api(seonchak_client.ApiClient(configuration))


base, seller_token, member_token = sys.argv[1:]
seller = caller(seonchak_client.SellersApi, seller_token)
member = caller(seonchak_client.MembersApi, member_token)

coupon = seller.register_coupon(
    seonchak_client.NewCoupon(name="Python", quantity=1), idempotency_key=uuid.uuid4().hex
)
issued = member.download_coupon(coupon.id)
# Safe to repeat after a lost answer: the number is the same.
assert member.download_coupon(coupon.id).issue_no == issued.issue_no

order = seonchak_client.NewRedemption(order_id="order-1")
redeemed = seller.redeem_issuance(coupon.id, issued.issue_no, order)
assert seller.redeem_issuance(coupon.id, issued.issue_no, order).redeemed_at == redeemed.redeemed_at

try:
    member.download_coupon(999_999)
except ApiException as refused:
    assert json.loads(refused.body)["code"] == "unknown_coupon"
print(f"coupon {coupon.id}, number {issued.issue_no}, redeemed for {redeemed.order_id}")
