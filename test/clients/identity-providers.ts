/** Describes the tokens and settings of nine identity providers, from their documentation. */

export type Claims = Readonly<Record<string, unknown>>;

export const now = Math.floor(Date.now() / 1_000);
const uuid = '0e3a7f1c-99b4-4d60-8f0e-3b6f6f1f6c55';

export interface Provider {
  readonly alg: 'RS256' | 'ES256';
  readonly settings: Readonly<Record<string, string>>;
  readonly member: Claims;
  /** Absent where the provider has no roles: such a shop makes sellers' tokens otherwise. */
  readonly seller?: Claims;
  /** What the member is called everywhere outside. */
  readonly memberId: string;
}

export const providers: Readonly<Record<string, Provider>> = {
  Auth0: {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://shop.eu.auth0.com/',
      JWT_AUDIENCE: 'https://coupons.shop.example',
      JWT_ROLE_CLAIM: 'https://shop.example/role',
    },
    member: {
      iss: 'https://shop.eu.auth0.com/',
      sub: 'auth0|5f7c8ec7c33c6c004bbafe82',
      aud: ['https://coupons.shop.example', 'https://shop.eu.auth0.com/userinfo'],
      azp: 'my_client_id',
      scope: 'openid profile email',
    },
    seller: { sub: 'google-oauth2|103547991597142817347', 'https://shop.example/role': 'seller' },
    memberId: 'auth0|5f7c8ec7c33c6c004bbafe82',
  },
  'Keycloak with federation': {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://id.shop.example/realms/shop',
      JWT_AUDIENCE: 'coupons,account',
      JWT_ROLE_CLAIM: 'realm_access.roles',
      JWT_SELLER_VALUES: 'coupon-seller',
    },
    member: {
      iss: 'https://id.shop.example/realms/shop',
      sub: `f:${uuid}:kim`,
      aud: 'account',
      typ: 'Bearer',
      azp: 'shop-web',
      realm_access: {
        roles: [
          'offline_access',
          'uma_authorization',
          ...Array.from({ length: 120 }, (_, n) => `department-${n}`),
        ],
      },
      resource_access: { account: { roles: ['manage-account', 'view-profile'] } },
    },
    seller: { realm_access: { roles: ['offline_access', 'coupon-seller'] } },
    memberId: `f:${uuid}:kim`,
  },
  'Amazon Cognito': {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_example',
      JWT_AUDIENCE: '1example23456789',
      JWT_ROLE_CLAIM: 'cognito:groups',
      JWT_SELLER_VALUES: 'sellers',
    },
    member: {
      iss: 'https://cognito-idp.ap-northeast-2.amazonaws.com/ap-northeast-2_example',
      sub: uuid,
      client_id: '1example23456789',
      token_use: 'access',
      scope: 'aws.cognito.signin.user.admin',
      username: uuid,
    },
    seller: { 'cognito:groups': ['staff', 'sellers'] },
    memberId: uuid,
  },
  Firebase: {
    alg: 'RS256',
    settings: { JWT_ISSUER: 'https://securetoken.google.com/shop-project', JWT_AUDIENCE: 'shop-project' },
    member: {
      iss: 'https://securetoken.google.com/shop-project',
      aud: 'shop-project',
      sub: 'P4x2V7bqQjXwYd0mT8sKc3nLr5u1',
      user_id: 'P4x2V7bqQjXwYd0mT8sKc3nLr5u1',
      auth_time: now,
      firebase: { identities: { 'google.com': ['103547991597142817347'] }, sign_in_provider: 'google.com' },
    },
    seller: { role: 'seller' },
    memberId: 'P4x2V7bqQjXwYd0mT8sKc3nLr5u1',
  },
  'Microsoft Entra': {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: `https://login.microsoftonline.com/${uuid}/v2.0`,
      JWT_AUDIENCE: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      JWT_MEMBER_CLAIM: 'oid',
      JWT_ROLE_CLAIM: 'roles',
      JWT_SELLER_VALUES: 'Coupons.Sell',
    },
    member: {
      iss: `https://login.microsoftonline.com/${uuid}/v2.0`,
      aud: '6e74172b-be56-4843-9ff4-e66a39bb12e3',
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      oid: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
      scp: 'access_as_user',
      ver: '2.0',
    },
    seller: { oid: '790222be-ff1a-4d56-abd1-7e4f7d38e474', roles: ['Coupons.Sell'] },
    memberId: '690222be-ff1a-4d56-abd1-7e4f7d38e474',
  },
  Okta: {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://shop.okta.com/oauth2/default',
      JWT_AUDIENCE: 'api://default',
      JWT_ROLE_CLAIM: 'scp',
      JWT_SELLER_VALUES: 'coupons.sell',
    },
    member: {
      iss: 'https://shop.okta.com/oauth2/default',
      aud: 'api://default',
      sub: 'Kim.Member@Shop.Example',
      cid: '0oabucvyc38HLL1ef0h7',
      uid: '00ub0oNGTSWTBKOLGLNR',
      scp: ['openid', 'profile'],
    },
    seller: { scp: ['openid', 'coupons.sell'] },
    memberId: 'Kim.Member@Shop.Example',
  },
  Supabase: {
    alg: 'ES256',
    settings: {
      JWT_ISSUER: 'https://abcdefghijklmnop.supabase.co/auth/v1',
      JWT_AUDIENCE: 'authenticated',
      JWT_ROLE_CLAIM: 'app_metadata.role',
      JWT_MEMBER_VALUES: 'customer',
    },
    member: {
      iss: 'https://abcdefghijklmnop.supabase.co/auth/v1',
      aud: 'authenticated',
      sub: uuid,
      role: 'authenticated',
      aal: 'aal1',
      is_anonymous: false,
      app_metadata: { provider: 'email', providers: ['email'], role: 'customer' },
    },
    seller: { app_metadata: { provider: 'email', role: 'seller' } },
    memberId: uuid,
  },
  Kakao: {
    alg: 'RS256',
    settings: {
      JWT_ISSUER: 'https://kauth.kakao.com',
      JWT_AUDIENCE: 'kakao-rest-api-key,kakao-native-app-key',
    },
    member: {
      iss: 'https://kauth.kakao.com',
      aud: 'kakao-native-app-key',
      sub: '2632890179',
      auth_time: now,
      nickname: '선착순',
      nonce: 'a-nonce',
    },
    memberId: '2632890179',
  },
  Naver: {
    alg: 'RS256',
    settings: { JWT_ISSUER: 'https://nid.naver.com', JWT_AUDIENCE: 'naver-client-id' },
    member: {
      iss: 'https://nid.naver.com',
      aud: 'naver-client-id',
      sub: 'Zm9vYmFyLW5hdmVyLWlkLTEyMzQ1Njc4OTAtYWJjZGVmZw==',
      nonce: 'a-nonce',
    },
    memberId: 'Zm9vYmFyLW5hdmVyLWlkLTEyMzQ1Njc4OTAtYWJjZGVmZw==',
  },
};
