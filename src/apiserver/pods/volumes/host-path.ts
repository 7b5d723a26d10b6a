import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { makeInside } from './make-inside.js'
import { MountProblem } from './mount-problem.js'

/** The file system of a simulated node: a directory that its pods share, with what says whose it is. Made when first asked for. */
export function nodeRoot(directory: string, node: string): string {
  const root = join(directory, node)
  if (existsSync(root)) return root
  mkdirSync(join(root, 'etc'), { recursive: true, mode: 0o700 })
  for (const path of ['tmp', 'var/log', 'var/lib']) mkdirSync(join(root, path), { recursive: true, mode: 0o700 })
  writeFileSync(join(root, 'etc', 'hostname'), `${node}\n`)
  writeFileSync(join(root, 'etc', 'os-release'), 'NAME="Flotilla simulated node"\nID=flotilla\n')
  return root
}

/** The directory for a hostPath: of the pod's node, never of this machine. Throws MountProblem in the kubelet's words. */
export function hostPathDirectory(source: { readonly path?: string; readonly type?: string }, root: string): string {
  const { path = '/', type = '' } = source
  const inside = posix.normalize(`/${path}`)
  if (type === 'Directory' && !isDirectory(join(root, inside)))
    throw new MountProblem(`hostPath type check failed: ${path} is not a directory`)
  if (type !== '' && type !== 'Directory' && type !== 'DirectoryOrCreate') {
    const kinds: Readonly<Record<string, string>> = {
      File: 'a file',
      Socket: 'a socket file',
      CharDevice: 'a character device',
      BlockDevice: 'a block device',
    }
    throw new MountProblem(
      `hostPath type check failed: ${path} is not ${kinds[type] ?? 'a file: simulated nodes make directories only'}`,
    )
  }
  return makeInside(root, inside, `hostPath ${path}`)
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
