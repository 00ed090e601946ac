// Registers a coupon, downloads it and redeems it with the client that openapi-generator makes for Kotlin.
//
// Call: java -cp … RedeemKt http://127.0.0.1:8080 SELLER_TOKEN MEMBER_TOKEN

import java.util.UUID
import seonchak.apis.MembersApi
import seonchak.apis.SellersApi
import seonchak.infrastructure.ApiClient
import seonchak.infrastructure.ClientError
import seonchak.infrastructure.ClientException
import seonchak.models.NewCoupon
import seonchak.models.NewRedemption

fun main(args: Array<String>) {
    val (base, sellerToken, memberToken) = args
    val seller = SellersApi(base)
    val member = MembersApi(base)

    // The token belongs to all clients of the process.
    ApiClient.accessToken = sellerToken
    val coupon = seller.registerCoupon(NewCoupon(name = "Kotlin", quantity = 1), UUID.randomUUID().toString())

    ApiClient.accessToken = memberToken
    val issued = member.downloadCoupon(coupon.id, null)
    // Safe to repeat after a lost answer: the number is the same.
    check(member.downloadCoupon(coupon.id, null).issueNo == issued.issueNo)

    ApiClient.accessToken = sellerToken
    val order = NewRedemption(orderId = "order-1")
    val redeemed = seller.redeemIssuance(coupon.id, issued.issueNo, order)
    check(seller.redeemIssuance(coupon.id, issued.issueNo, order).redeemedAt == redeemed.redeemedAt)

    ApiClient.accessToken = memberToken
    try {
        member.downloadCoupon(999_999, null)
    } catch (refused: ClientException) {
        check("unknown_coupon" in (refused.response as ClientError<*>).body.toString())
    }
    println("coupon ${coupon.id}, number ${issued.issueNo}, redeemed for ${redeemed.orderId}")
}
