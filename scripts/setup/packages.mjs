import { existsSync } from 'node:fs'
import { install } from './apt.mjs'
import { SetupError } from './error.mjs'

const plugins = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/gstreamer-1.0`

// Looking for the one file that is used is quicker than asking dpkg, and true on other distributions as well.
const wanted = {
  chromium: '/usr/bin/chromium',
  'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  'python3-pyvisa-py': '/usr/lib/python3/dist-packages/pyvisa_py/__init__.py',
  'python3-serial': '/usr/lib/python3/dist-packages/serial/__init__.py',
  'lxi-tools': '/usr/bin/lxi',
  socat: '/usr/bin/socat',
  nginx: '/usr/sbin/nginx',
  'aravis-tools': '/usr/bin/arv-fake-gv-camera-0.8',
  'gstreamer1.0-tools': '/usr/bin/gst-launch-1.0',
  'gstreamer1.0-plugins-base': `${plugins}/libgstvideotestsrc.so`,
  'gstreamer1.0-plugins-good': `${plugins}/libgstrtpmanager.so`,
  'gstreamer1.0-plugins-ugly': `${plugins}/libgstx264.so`,
}

const missing = () => Object.keys(wanted).filter((name) => !existsSync(wanted[name]))

/** The browser that the end-to-end tests drive, a font for it to draw with, and programs of others that speak SCPI or play a camera. */
export const packages = {
  name: 'Debian packages',
  needed: () => missing().length > 0,
  async run(progress) {
    await install(missing(), 'The tests need', progress)
    const [still] = missing()
    if (still)
      throw new SetupError(`The Debian package ${still} is installed, but has not brought ${wanted[still]}.`)
  },
}
