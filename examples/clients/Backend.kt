// Does what a shop's backend does with its server key: grants, holds, orders, events and a webhook.
//
// Call: java -cp … BackendKt http://127.0.0.1:8080 SELLER_TOKEN

import java.util.UUID
import seonchak.apis.SellersApi
import seonchak.infrastructure.ApiClient
import seonchak.infrastructure.ClientError
import seonchak.infrastructure.ClientException
import seonchak.models.GrantedResults
import seonchak.models.NewCoupon
import seonchak.models.NewGrant
import seonchak.models.NewRedemption
import seonchak.models.NewServerKey
import seonchak.models.NewWebhook
import seonchak.models.ShopDownload

/** The code of the problem that refuses a request. */
fun codeOf(request: () -> Any): String? =
    try {
        request()
        null
    } catch (refused: ClientException) {
        val body = (refused.response as ClientError<*>).body.toString()
        Regex("\"code\":\"(\\w+)\"").find(body)?.groupValues?.get(1)
    }

fun main(args: Array<String>) {
    val (base, sellerToken) = args
    val shop = SellersApi(base)

    // The key is shown once: store it. It is valid until it is revoked.
    ApiClient.accessToken = sellerToken
    val key = shop.createKey(NewServerKey(name = "backend", scopes = NewServerKey.Scopes.values().toList()))
    ApiClient.accessToken = key.key

    // A repeat with the same key of idempotency finds the same coupon.
    val drop = UUID.randomUUID().toString()
    val body = NewCoupon(name = "Half price", quantity = 10, redeemBy = NewCoupon.RedeemBy.SELLER)
    val coupon = shop.registerCoupon(body, drop)
    check(shop.registerCoupon(body, drop).id == coupon.id)

    // On behalf of one member, and of many.
    val issued = shop.downloadForMember("7", coupon.id, ShopDownload())
    check(shop.downloadForMember("7", coupon.id, ShopDownload()).issueNo == issued.issueNo)
    val granted = shop.grantCoupons(coupon.id, NewGrant(memberIds = listOf("7", "8")))
    check(granted.results.map { it.outcome } == listOf(GrantedResults.Outcome.ALREADY_ISSUED, GrantedResults.Outcome.ISSUED))
    check(shop.showIssuanceOfMember("7", coupon.id).issueNo == issued.issueNo)

    // An order redeems, its repeat gets the same answer, and its cancelled id is dead.
    val order = NewRedemption(orderId = "order-1")
    val redeemed = shop.redeemForMember("7", coupon.id, order)
    check(shop.redeemForMember("7", coupon.id, order).redeemedAt == redeemed.redeemedAt)
    check(codeOf { shop.redeemForMember("7", coupon.id, NewRedemption(orderId = "order-2")) } == "already_used")
    check(shop.cancelForMember("7", coupon.id, "order-1").state.value == "usable")
    check(codeOf { shop.redeemForMember("7", coupon.id, order) } == "redemption_cancelled")

    // A seat is held until its order is paid, or given back.
    val seat = shop.registerCoupon(NewCoupon(name = "Seat", quantity = 2, holdSeconds = 600), null)
    val paid = shop.downloadForMember("7", seat.id, ShopDownload())
    val left = shop.downloadForMember("8", seat.id, ShopDownload())
    check(paid.confirmBy != null)
    check(shop.confirmHold(seat.id, paid.issueNo, order).orderId == "order-1")
    check(shop.releaseHold(seat.id, left.issueNo).remaining == 1)

    // Store the cursor with what you made of the events, and continue from it.
    val seen = mutableListOf<String>()
    var cursor: String? = "0"
    while (cursor != null) {
        val page = shop.listEvents(cursor, null, 3)
        seen += page.items.filter { it.couponId == coupon.id }.map { it.type.value }
        cursor = page.next
    }
    val made = listOf("redemption.made", "redemption.cancelled")
    check(seen == listOf("issuance.recorded", "issuance.recorded") + made) { seen }

    // Another request has another key of idempotency.
    val hook = shop.createWebhook(
        NewWebhook(url = "https://shop.example/hooks", kinds = listOf(NewWebhook.Kinds.ISSUANCE_PERIOD_RECORDED)),
        UUID.randomUUID().toString()
    )
    check(hook.secret.startsWith("whsec_"))
    check(shop.removeWebhook(hook.id).removed)
    ApiClient.accessToken = sellerToken
    check(shop.revokeKey(key.id).revoked)
    println("coupon ${coupon.id}: ${seen.size} events, key ${key.id} revoked")
}
