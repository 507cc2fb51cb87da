namespace Edge.Engine.Archives;

/// <summary>An archive that is asked for.</summary>
/// <param name="Resources">Public ids of any levels; what they share is archived once.</param>
public sealed record ArchiveRequest(IReadOnlyList<string> Resources)
{
    /// <summary>Whether it is the medium of a DICOMDIR (PS3.10 8.6), not folders with names.</summary>
    public bool IsMedia { get; init; }

    /// <summary>Media: whether the DICOMDIR tells more than it must, such as descriptions of series.</summary>
    public bool IsExtended { get; init; }

    /// <summary>The transfer syntax to which instances are brought where that is possible; null for none.</summary>
    public string? TransferSyntax { get; init; }

    /// <summary>Quality of lossy transcoding, 1 to 100.</summary>
    public int LossyQuality { get; init; } = 90;

    /// <summary>Whether names keep characters outside ASCII.</summary>
    public bool Utf8 { get; init; }

    /// <summary>Orthanc's name of the job type.</summary>
    public string TypeName => IsMedia ? "Media" : "Archive";
}
