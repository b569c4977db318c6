import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './until.ts';

/** Where the kernel's tree of processes by group is: cgroup v2 alone, or beside the older one. */
const trees = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'].filter((tree) =>
  existsSync(join(tree, 'cgroup.procs')),
);

/** Whether groups may be made, without which there is neither a container nor another systemd. */
export const mayMakeGroups = trees.length > 0 && trees.every(isWritable);

/** A group of its own for whatever is started in it, so that two at once do not meet. */
export class ControlGroup implements AsyncDisposable {
  readonly #folders: readonly string[];

  private constructor() {
    const name = `tureen-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
    this.#folders = trees.map((tree) => join(tree, name));
  }

  static async make(): Promise<ControlGroup> {
    const group = new ControlGroup();
    for (const folder of group.#folders) await mkdir(folder);
    return group;
  }

  /** The command that runs another one in the group. */
  inside(command: readonly string[]): string[] {
    const enter = this.#folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`);
    return ['sh', '-ec', `${enter.join('\n')}\nexec "$0" "$@"`, ...command];
  }

  /** Ends everything in it, and removes the group. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Cgroup v2 has this, and it reaches the groups inside of the group as well.
    for (const folder of this.#folders) await writeFile(join(folder, 'cgroup.kill'), '1').catch(() => {});
    for (const folder of this.#folders) await removeTree(folder);
  }
}

/** The innermost first, for only an empty group can be removed, and one is empty once its processes are gone. */
async function removeTree(folder: string): Promise<void> {
  const command = ['find', folder, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', '+'];
  await until(() => Bun.spawnSync(command).exitCode === 0 || !existsSync(folder), `the end of ${folder}`);
}

function isWritable(tree: string): boolean {
  try {
    accessSync(tree, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
