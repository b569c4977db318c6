import { freeUdpPorts } from '../support/port.ts';

/** An RTP telephone made of two ffmpeg and one UDP socket: it plays a tone, and what comes back is decoded. */
export interface TelephoneOptions {
  readonly ssrc: number;
  /** Hz of the tone that it plays. */
  readonly frequency: number;
}

const rate = 8000;
const quiet = ['-hide_banner', '-loglevel', 'error'];

export class FfmpegTelephone implements AsyncDisposable {
  #heard = new Int16Array(0);
  private server: { ip: string; port: number } | undefined;
  #decoding = false;
  readonly #children: Bun.Subprocess[] = [];

  private constructor(
    private readonly line: Bun.udp.Socket<'buffer'>,
    readonly ssrc: number,
  ) {}

  /** Its line is open. It plays once it was told where to. */
  static async start({ ssrc, frequency }: TelephoneOptions): Promise<FfmpegTelephone> {
    // ffmpeg takes the port above for RTCP.
    const speaker = await freeUdpPorts(2);
    let telephone: FfmpegTelephone | undefined;
    // A telephone sends from the port at which it receives. Two programs cannot share one, so this socket is their line:
    // what comes from the one that plays goes to the server, all else to the one that decodes.
    const line = await Bun.udpSocket({
      hostname: '127.0.0.1',
      socket: {
        data(socket, data, port) {
          if (!telephone?.server) return;
          const { server } = telephone;
          if (port === server.port) telephone.hear(speaker, data);
          else socket.send(data, server.port, server.ip);
        },
        error() {},
      },
    });
    telephone = new FfmpegTelephone(line, ssrc);
    telephone.#play(frequency);
    return telephone;
  }

  get port(): number {
    return this.line.port;
  }

  /** From now on it is in a call. */
  call(server: { ip: string; port: number }): void {
    this.server = server;
  }

  /** The share of a tone in what it heard in the last half second, from 0 to 1; 0 while it has heard less. */
  shareOf(frequency: number): number {
    return shareOf(frequency, this.#heard.slice(-rate / 2));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(this.#children.map(({ exited }) => exited));
    this.line.close();
  }

  /** ffmpeg gives up where nothing comes for ten seconds, so it starts with the first packet. */
  private hear(speaker: number, data: Uint8Array): void {
    if (!this.#decoding) this.#decode(speaker);
    this.#decoding = true;
    this.line.send(data, speaker, '127.0.0.1');
  }

  #play(frequency: number): void {
    const tone = ['-re', '-f', 'lavfi', '-i', `sine=frequency=${frequency}:sample_rate=${rate}`];
    const voice = ['-ac', '1', '-c:a', 'pcm_mulaw', '-payload_type', '0', '-ssrc', String(this.ssrc)];
    const to = ['-f', 'rtp', `rtp://127.0.0.1:${this.port}?pkt_size=172`];
    const command = ['ffmpeg', ...quiet, ...tone, ...voice, ...to];
    this.#children.push(Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'inherit' }));
  }

  #decode(port: number): void {
    const sdp = `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio ${port} RTP/AVP 0\n`;
    const from = ['-protocol_whitelist', 'pipe,udp,rtp', '-fflags', 'nobuffer', '-f', 'sdp', '-i', 'pipe:0'];
    const to = ['-f', 's16le', '-ar', String(rate), '-ac', '1', 'pipe:1'];
    const command = ['ffmpeg', ...quiet, ...from, ...to];
    const child = Bun.spawn(command, { stdin: new Blob([sdp]), stdout: 'pipe', stderr: 'inherit' });
    this.#children.push(child);
    void this.#listen(child.stdout);
  }

  async #listen(sound: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of sound) {
      const samples = new Int16Array(bytes.slice(0, bytes.length & ~1).buffer);
      const kept = this.#heard.slice(-rate);
      this.#heard = new Int16Array(kept.length + samples.length);
      this.#heard.set(kept);
      this.#heard.set(samples, kept.length);
    }
  }
}

/** How much of the power of a sound is in one tone: Goertzel's algorithm. */
export function shareOf(frequency: number, samples: Int16Array): number {
  if (samples.length < rate / 2) return 0;
  const turn = (2 * Math.PI * frequency) / rate;
  let [cosine, sine, power] = [0, 0, 0];
  samples.forEach((sample, index) => {
    cosine += sample * Math.cos(turn * index);
    sine += sample * Math.sin(turn * index);
    power += sample * sample;
  });
  if (power === 0) return 0;
  return (2 * (cosine * cosine + sine * sine)) / (samples.length * power);
}
