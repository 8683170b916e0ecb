"""What stays in Latin letters in the languages of Cyrillic ones: names, commands, files, abbreviations."""

MAY_STAY_LATIN = (
    *("ACCA", "QR", "https", "Ogg", "WebM", "M4A", "MP4", "MP3", "WAV", "AMR", "3GP", "Esc", "HTTPS", "IP", "Signal"),
    *("Telegram", "Tor Browser", "Tor", "UTC", "WhatsApp", "PDF", "ZIP", "JSON", "CSV", "XLSX", "Excel"),
    *("LibreOffice", "OpenPGP", "Thunderbird", "gpg --armor --export", "age1", "age", "flask audit verify --heads"),
    *("INTAKE_MAIL_URL", "XX", "text.txt", "name@example.org", "rescue-identity.txt", "JPEG", "PNG", "GIF", "HEIC"),
    *("WebP", "SVG", "RTF", "XML", "vCard", "SHA-256", "sha256sum", "openssl", "Signature Verified Successfully"),
    *("OK", "Linux", "Landlock", "seccomp", "ffmpeg", "flask evidence verify", "signing-key.pem", "custody.json"),
    *("custody-….txt", "originals/", "copies/", "previous", "hashed"),
    *("JavaScript", "VPN", "PIN", "GB", "MB"),
)
# Words that Uzbek and Turkmen share with English, and write in Latin letters as it does.
SHARED_WITH_ENGLISH = frozenset({"Ombudsman"})
