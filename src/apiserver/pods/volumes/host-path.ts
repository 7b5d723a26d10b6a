import { chmodSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { makeInside } from './make-inside.js'
import { MountProblem } from './mount-problem.js'

/** The file system of a simulated node: a directory that its pods share, with what says whose it is. Made when first asked for. */
export function nodeRoot(directory: string, node: string): string {
  const root = join(directory, node)
  if (existsSync(root)) return root
  mkdirSync(root, { recursive: true, mode: 0o700 })
  // As on a machine; nobody but the fleet's user gets through the root.
  for (const path of ['etc', 'tmp', 'var/log', 'var/lib']) mkdirSync(join(root, path), { recursive: true, mode: 0o755 })
  chmodSync(join(root, 'tmp'), 0o1777)
  writeFileSync(join(root, 'etc', 'hostname'), `${node}\n`)
  writeFileSync(join(root, 'etc', 'hosts'), `127.0.0.1\tlocalhost ${node}\n`)
  writeFileSync(join(root, 'etc', 'os-release'), 'NAME="Flotilla simulated node"\nID=flotilla\n')
  return root
}

/** The directory (or file) for a hostPath: of the pod's node, never of this machine. Throws MountProblem in the kubelet's words. */
export function hostPathDirectory(source: { readonly path?: string; readonly type?: string }, root: string): string {
  const { path = '/', type = '' } = source
  const inside = posix.normalize(`/${path}`)
  if (type === 'Directory' && !isDirectory(join(root, inside)))
    throw new MountProblem(`hostPath type check failed: ${path} is not a directory`)
  if (type === 'File' || type === 'FileOrCreate') {
    const file = join(makeInside(root, posix.dirname(inside), `hostPath ${path}`), posix.basename(inside))
    // Never through a link: a pod may have made it.
    if (type === 'FileOrCreate' && !existsSync(file)) closeSync(openSync(file, 'wx', 0o600))
    if (!isFile(file)) throw new MountProblem(`hostPath type check failed: ${path} is not a file`)
    return file
  }
  if (type !== '' && type !== 'Directory' && type !== 'DirectoryOrCreate') {
    const kinds: Readonly<Record<string, string>> = {
      Socket: 'a socket file',
      CharDevice: 'a character device',
      BlockDevice: 'a block device',
    }
    throw new MountProblem(`hostPath type check failed: ${path} is not ${kinds[type] ?? 'of a known type'}`)
  }
  return makeInside(root, inside, `hostPath ${path}`)
}

function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile()
  } catch {
    return false
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
