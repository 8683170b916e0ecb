"""What may break a rule of the house, and why; one that nothing needs any more is reported."""

EXCUSED = {
    ("rows", "app imports cli, which is sideways"): "the application registers the commands",
    ("rows", "cli imports chores, which is sideways"): "a command runs what the worker sees to",
    ("rows", "cli imports doctor, which is sideways"): "a command says what the doctor found",
    ("rows", "cli imports mail_command, which is sideways"): "it is one of the commands",
    ("rows", "cli imports evidence_command, which is sideways"): "as above",
    ("rows", "cli imports backup_command, which is sideways"): "as above",
    (
        "rows",
        "mail_command imports supervisor, which is sideways",
    ): "a process that the supervisor started ends with it",
    ("rows", "backup_command imports supervisor, which is sideways"): "as above",
    ("rows", "cli imports demo, which is sideways"): "a command fills the trial",
    ("rows", "cli imports supervisor, which is sideways"): "a command starts the processes",
    ("rows", "extensions imports sealing, which is sideways"): "a Sealed column takes SealedBytes and nothing else",
    ("forms", "complaint.pages imports complaint.forms"): "the pages of sending show the forms",
    ("forms", "members.guards imports members.forms"): "it asks who it is, and keeps what was typed",
    ("forms", "followup.guards imports followup.forms"): "it asks for the code, and keeps what was typed",
    ("mail", "outbox.worker uses smtplib"): "it waits when the server hangs up, and knows that by its exceptions",
    ("mail", "outbox.worker uses smtplib.SMTPException"): "as above",
}
