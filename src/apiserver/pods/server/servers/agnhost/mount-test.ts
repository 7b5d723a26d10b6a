import type { Stats } from 'node:fs'
import { messageOf } from '../../../../../base/errors.js'
import { pause } from '../../shell/shell.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'

const initialContent = 'mount-tester new file\n'
const loopMs = 2000

/**
 * `mounttest`: writes files and says what files are like, in the order file system, new files, mode, permissions, owner, content.
 * 1 when one of them failed.
 */
export async function runMountTest(args: readonly string[], world: ContainerWorld, context: CommandContext): Promise<number> {
  const { files } = world
  const { cwd } = context
  const say = (line: string) => context.stdout.write(`${line}\n`)
  let failed = false
  const attempt = async (flag: string, what: string, work: (path: string) => Promise<void>) => {
    const path = goFlag(args, flag) ?? ''
    if (path === '') return
    try {
      await work(path)
    } catch (error) {
      failed = true
      await say(`${what} ${JSON.stringify(path)}: ${messageOf(error)}`)
    }
  }
  const readContent = async (path: string) => {
    const text = files.read(path, cwd).toString()
    await say(`content of file ${JSON.stringify(path)}: ${text}`)
    return text
  }
  await attempt('fs_type', 'error from statfs of', async (path) => {
    files.stat(path, cwd)
    await say(`mount type of ${JSON.stringify(path)}: ${files.isInMemory(path, cwd) ? 'tmpfs' : '61267'}`)
  })
  for (const mode of [0o644, 0o666, 0o660, 0o777]) {
    await attempt(`new_file_0${mode.toString(8)}`, 'error writing new file', async (path) => {
      const isNew = !files.has(path, cwd)
      files.write(path, cwd, initialContent)
      if (isNew) files.chmod(path, cwd, mode)
      await readContent(path)
    })
  }
  await attempt('file_mode', 'error from Stat of', async (path) => {
    await say(`mode of file ${JSON.stringify(path)}: ${modeText(files.stat(path, cwd))}`)
  })
  await attempt('file_perm', 'error from Stat of', async (path) => {
    await say(`perms of file ${JSON.stringify(path)}: -${permissions(files.stat(path, cwd).mode)}`)
  })
  await attempt('file_owner', 'error from stat of', async (path) => {
    files.stat(path, cwd)
    await say(`owner UID of ${JSON.stringify(path)}: 0`)
    await say(`owner GID of ${JSON.stringify(path)}: ${files.groupOf(path, cwd)}`)
  })
  await attempt('file_content', 'error reading file content for', async (path) => void (await readContent(path)))
  await attempt('file_content_in_loop', 'error reading file', async (path) => {
    const until = world.clock.now() + Number(goFlag(args, 'retry_time') ?? 180) * 1000
    const stopsThere = goFlag(args, 'break_on_expected_content') !== 'false'
    let problem: unknown
    while (world.clock.now() < until && !context.signal.aborted) {
      problem = undefined
      try {
        const text = await readContent(path)
        if (stopsThere && text === initialContent) return
        if (stopsThere) await say(`Unexpected content. Expected: ${initialContent}. Retrying`)
      } catch (error) {
        problem = error
        await say(`Error reading file ${path}: ${messageOf(error)}, retrying`)
      }
      await pause(context, loopMs)
    }
    if (problem !== undefined) throw problem
  })
  return failed ? 1 : 0
}

/** As Go writes a mode: `drwxr-xr-x`, `-rw-r--r--`. */
function modeText(stats: Stats): string {
  const kind = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'L' : ''
  const sticky = (stats.mode & 0o1000) === 0 ? '' : 't'
  return `${kind + sticky || '-'}${permissions(stats.mode)}`
}

function permissions(mode: number): string {
  return [...'rwxrwxrwx'].map((letter, index) => ((mode & (0o400 >> index)) === 0 ? '-' : letter)).join('')
}
