/** `20261120-213500-3f2a`: sorts by time. */
export function newRunId(now = new Date()): string {
  const digits = now.toISOString().replace(/\D/g, '');
  const random = [...crypto.getRandomValues(new Uint8Array(2))].map((byte) => byte.toString(16).padStart(2, '0'));
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}-${random.join('')}`;
}
