import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { UsageError } from '../base/errors.js'

/** The flags by which a fleet's discovery service is turned on. */
export interface XdsFlags {
  /** `PORT` or `ADDRESS:PORT`, with mutual TLS. */
  xds?: string
  /** The same in clear text, loopback only. */
  xdsClear?: string
}

export interface XdsPlace {
  readonly address: string
  readonly port: number
}

export interface XdsPlaces {
  readonly secure?: XdsPlace
  readonly clear?: XdsPlace
}

/** Reads the flags; undefined without any. Clear text stays on this machine, whatever is asked. */
export function readXdsPlaces({ xds, xdsClear }: XdsFlags): XdsPlaces | undefined {
  if (xds === undefined && xdsClear === undefined) return undefined
  const clear = xdsClear === undefined ? undefined : readPlace('--xds-clear', xdsClear)
  if (clear !== undefined && !clear.address.startsWith('127.') && clear.address !== '::1') {
    throw new UsageError({
      code: 'clear-text-beyond-loopback',
      message: `--xds-clear ${xdsClear}: clear text is served on loopback addresses only`,
      fix: 'Use --xds with certificates for other machines.',
    })
  }
  return {
    ...(xds === undefined ? {} : { secure: readPlace('--xds', xds) }),
    ...(clear === undefined ? {} : { clear }),
  }
}

/** `PORT` (on loopback) or `ADDRESS:PORT`, both as numbers. */
export function readPlace(option: string, text: string): XdsPlace {
  const [, address = '127.0.0.1', port = ''] = /^(?:([\d.]+|\[[\da-f:]+\]):)?(\d{1,5})$/i.exec(text) ?? []
  const plain = address.replace(/^\[|\]$/g, '')
  if (isIP(plain) === 0 || port === '' || Number(port) > 65_535) {
    throw new UsageError({
      code: 'bad-address',
      message: `${option} ${text} is no address`,
      fix: `Use ${option} PORT, or ${option} ADDRESS:PORT.`,
    })
  }
  return { address: plain, port: Number(port) }
}

/** PEM files, read whole. */
export function readTlsFiles(files: { ca: string; cert: string; key: string }): { ca: string; cert: string; key: string } {
  const read = (path: string) => {
    try {
      return readFileSync(path, 'utf8')
    } catch (error) {
      throw new UsageError({
        code: 'file-unreadable',
        message: `cannot read ${path}: ${(error as Error).message}`,
        fix: 'Name a PEM file that exists.',
      })
    }
  }
  return { ca: read(files.ca), cert: read(files.cert), key: read(files.key) }
}
