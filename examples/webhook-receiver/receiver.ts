import { Webhook, WebhookVerificationError } from 'standardwebhooks';

interface TureenEvent {
  id: string;
  type: string;
  timestamp: string;
  roomId: string | null;
  sequence: number | null;
  node: string;
  data: Record<string, unknown>;
}

// The secret from TUREEN_WEBHOOKS, which begins with whsec_.
const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? '');
// An event can arrive more than once. A real receiver keeps the ids in its database.
const seen = new Set<string>();

const server = Bun.serve({
  port: Number(process.env.PORT ?? 4000),
  async fetch(request) {
    // The signature covers the unparsed text: verify it first, then use the result.
    const text = await request.text();
    try {
      const event = webhook.verify(text, Object.fromEntries(request.headers)) as TureenEvent;
      if (!seen.has(event.id)) {
        seen.add(event.id);
        console.log(`${event.timestamp} ${event.type} ${event.roomId} ${event.sequence}`);
      }
      // Answer within ten seconds; do slow work after the answer.
      return new Response(null, { status: 204 });
    } catch (error) {
      if (error instanceof WebhookVerificationError) return new Response(error.message, { status: 400 });
      throw error;
    }
  },
});
console.log(`listening on ${server.url}`);
