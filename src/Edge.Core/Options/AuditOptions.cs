namespace Edge.Core.Options;

/// <summary>Who read, changed, deleted and sent what.</summary>
[OptionGroup("Edge: audit log", Section = "Edge.Audit")]
public sealed class AuditOptions
{
    /// <summary>The file of the audit log, one JSON object per line; none where it is not given. It names users, addresses, identifiers and outcomes, no other patient data.</summary>
    [Option(Format = OptionFormat.DataPath, Example = "\"audit.jsonl\"")]
    public string? File { get; set; }

    /// <summary>The size from which the file becomes File.1, File.1 becomes File.2, and so on.</summary>
    [Option(Min = 1, Max = 2047, Unit = "MB")]
    public int MaximumMB { get; set; } = 20;

    /// <summary>How many files are kept, the current one included; the oldest is deleted.</summary>
    [Option(Min = 1, Max = 10000)]
    public int Files { get; set; } = 20;
}
