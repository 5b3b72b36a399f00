/** How browsers are taught to trust an authority, where each of them keeps that. */
export const browserInstructions = `3. Make its browsers trust it:

   Chrome, Edge on Windows   Open ca.pem as ca.crt: Install Certificate, Current User, "Place all certificates in the
                             following store", Trusted Root Certification Authorities. Restart the browser.
   Chrome, Edge on macOS     Open ca.pem: it goes into Keychain Access. Open it there, Trust, "When using this
                             certificate": Always Trust. Safari follows as well.
   Chrome, Edge on Linux     chrome://certificate-manager (edge://certificate-manager), Local certificates, Custom,
                             Installed by you: Trusted Certificates, Import. By command, with libnss3-tools:
                             certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Lightbench -i ca.pem
   Firefox                   Settings, Privacy & Security, Certificates: View Certificates, Authorities, Import,
                             "Trust this CA to identify websites".
   Android                   Settings, Security & privacy, More security settings, Encryption & credentials, Install a
                             certificate, CA certificate. Firefox for Android besides: Settings, About Firefox, tap
                             the logo five times; Settings, Secret Settings, Use third party CA certificates.
   iPhone, iPad              Send it ca.pem by AirDrop or mail and open it. Settings, General, VPN & Device Management:
                             install the profile. Then Settings, General, About, Certificate Trust Settings: switch
                             it on.
`
