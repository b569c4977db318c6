export const banKinds = ['identity', 'token', 'address'] as const;
/** What a ban matches: the subject (the peer id of a token), the id of a token (jti), or the address of a connection. */
export type BanKind = (typeof banKinds)[number];
