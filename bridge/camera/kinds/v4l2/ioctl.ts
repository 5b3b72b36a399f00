import { errno, load, os } from 'koffi'

/** Asks a device's driver by ioctl(2); the struct is written over with the answer. Throws IoctlError. */
export type Ioctl = (request: number, struct: Uint8Array) => void

/** `code` is the name of errno, for example EINVAL, by which drivers end a list. */
export class IoctlError extends Error {
  readonly code: string

  constructor(code: string) {
    super(`its driver answered ${code}`)
    this.code = code
  }
}

type IoctlFunction = (fd: number, request: number, struct: Uint8Array) => number

/** ioctl on an open file. It takes as long as the driver does: a camera that hangs takes its process with it. */
export function ioctlOn(fd: number): Ioctl {
  const ioctl = load('libc.so.6').func(
    'int ioctl(int fd, unsigned long request, _Inout_ uint8_t *struct)',
  ) as unknown as IoctlFunction
  return (request, struct) => {
    if (ioctl(fd, request, struct) >= 0) return
    const code = errno()
    const name = Object.entries(os.errno).find(([, value]) => value === code)?.[0]
    throw new IoctlError(name ?? `error ${code}`)
  }
}

/** What is answered from index 0 on, until the driver says that there is no more (EINVAL). Throws any other IoctlError. */
export function listed<T>(most: number, ask: (index: number) => T): T[] {
  const found: T[] = []
  try {
    for (let index = 0; index < most; index++) found.push(ask(index))
  } catch (error) {
    // ENOTTY: a driver that does not know the question at all.
    if (!(error instanceof IoctlError) || !['EINVAL', 'ENOTTY'].includes(error.code)) throw error
  }
  return found
}
