/** What is done to the packets that go one way. What is left out is as on a perfect wire. */
export interface Conditions {
  /** Share of the packets that are lost, 0 to 1. */
  readonly loss?: number;
  /** How many packets in a row are lost at the mean; 1, which is loss at random, unless told. */
  readonly burst?: number;
  readonly delayMs?: number;
  /** Up to so much more delay for each packet. None overtakes another, as on most real paths. */
  readonly jitterMs?: number;
  /** Bits a second. */
  readonly rate?: number;
  /** How long a packet waits for its turn at most before it is dropped, where there is a rate; 300 unless told. */
  readonly queueMs?: number;
  /** What gets through no more. */
  readonly blocked?: 'all' | 'udp';
}

/** What is done to what goes to the client, and to what comes from it. */
export interface LinkConditions {
  readonly down?: Conditions;
  readonly up?: Conditions;
}

/** What the emulator is told by its maker, one line of JSON each. It answers each with a line. */
export type EmulatorOrder = Required<LinkConditions>;
