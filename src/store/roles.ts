export const roles = ['viewer', 'moderator', 'admin'] as const;
/** A viewer can look, a moderator can also act on peers and rooms, an admin can do everything. */
export type Role = (typeof roles)[number];

/** Whether a role includes another one. */
export function hasRole(role: Role, required: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(required);
}
