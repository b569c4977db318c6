/**
 * The applications of the mediasoup demo have a bot: they send to it over a data channel of this name, and the demo's
 * server repeats what it is told to everybody. This server has no bot. Offered to the others, the channel would make them
 * show its messages as said by the bot, so it is offered to nobody.
 */
const botName = 'bot';

/** Whether a data channel is for the demo's bot. */
export function isForDemoBot({ label = '', appData = {} }: BotChannel): boolean {
  return label === botName || appData.channel === botName;
}

interface BotChannel {
  readonly label?: string;
  readonly appData?: Readonly<Record<string, unknown>>;
}
