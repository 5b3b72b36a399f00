import { existsSync } from 'node:fs'
import { install } from './apt.mjs'
import { SetupError } from './error.mjs'

const libraries = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`
const plugins = `${libraries}/gstreamer-1.0`
const typelibs = `${libraries}/girepository-1.0`
const python = '/usr/lib/python3/dist-packages'

// Looking for the one file that is used is quicker than asking dpkg, and true on other distributions as well.
const forTests = {
  chromium: '/usr/bin/chromium',
  'fonts-dejavu-core': '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
  'python3-pyvisa-py': `${python}/pyvisa_py/__init__.py`,
  'python3-serial': `${python}/serial/__init__.py`,
  'lxi-tools': '/usr/bin/lxi',
  // VXI-11 looks its protocol up by name (getprotobyname(3)).
  netbase: '/etc/protocols',
  socat: '/usr/bin/socat',
  systemd: '/usr/bin/systemd-analyze',
  nginx: '/usr/sbin/nginx',
  'aravis-tools': '/usr/bin/arv-fake-gv-camera-0.8',
  'gstreamer1.0-tools': '/usr/bin/gst-launch-1.0',
  'gstreamer1.0-plugins-base': `${plugins}/libgstvideotestsrc.so`,
  'gstreamer1.0-plugins-good': `${plugins}/libgstrtpmanager.so`,
  'gstreamer1.0-plugins-ugly': `${plugins}/libgstx264.so`,
  'python3-gi': `${python}/gi/__init__.py`,
  'gir1.2-gstreamer-1.0': `${typelibs}/Gst-1.0.typelib`,
  'gir1.2-gst-rtsp-server-1.0': `${typelibs}/GstRtspServer-1.0.typelib`,
}

const forBenches = { janus: '/usr/bin/janus' }

/** The browser that the end-to-end tests drive, a font for it to draw with, and programs of others that speak SCPI or play a camera. */
export const packages = stepFor('Debian packages', 'The tests need', forTests)

/** What only measurements are taken with: the yardstick of `bench -- glass`. */
export const benchPackages = stepFor('Debian packages of the benches', 'The benches need', forBenches)

function stepFor(name, purpose, wanted) {
  const missing = () => Object.keys(wanted).filter((each) => !existsSync(wanted[each]))
  return {
    name,
    needed: () => missing().length > 0,
    async run(progress) {
      await install(missing(), purpose, progress)
      const [still] = missing()
      if (!still) return
      throw new SetupError(`The Debian package ${still} is installed, but has not brought ${wanted[still]}.`)
    },
  }
}
