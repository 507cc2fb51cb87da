using Edge.Core.Ids;

namespace Edge.Store.Index;

/// <summary>Orthanc's kinds of changes; the numbers are part of its protocol.</summary>
public enum ChangeKind
{
    CompletedSeries = 1,
    NewInstance = 2,
    NewPatient = 3,
    NewSeries = 4,
    NewStudy = 5,
    AnonymizedStudy = 6,
    AnonymizedSeries = 7,
    ModifiedStudy = 8,
    ModifiedSeries = 9,
    AnonymizedPatient = 10,
    ModifiedPatient = 11,
    StablePatient = 12,
    StableStudy = 13,
    StableSeries = 14,
    UpdatedAttachment = 15,
    UpdatedMetadata = 16,

    /// <summary>Never in the log: for scripts alone.</summary>
    Deleted = 4096,

    /// <summary>Never in the log: for scripts alone.</summary>
    NewChildInstance = 4097,
}

/// <summary>A change to append. A resource that does not exist is skipped.</summary>
public sealed record ChangeRequest(ChangeKind Kind, string PublicId);

/// <summary>A row of the change log.</summary>
public sealed record ChangeRow(long Sequence, ChangeKind Kind, ResourceLevel Level, string PublicId, DateTimeOffset Date);

/// <summary>Which changes to read: facts of <c>GET /changes</c> in 1.12.5 and later.</summary>
public sealed record ChangeQuery
{
    /// <summary>Only entries with a greater number; null if not given.</summary>
    public long? Since { get; init; }

    /// <summary>Only entries up to this number; alone (without <see cref="Since"/>) it asks for the latest ones.</summary>
    public long? To { get; init; }

    /// <summary>0 returns nothing.</summary>
    public int Limit { get; init; } = 100;

    /// <summary>Empty: all kinds.</summary>
    public IReadOnlyList<ChangeKind> Kinds { get; init; } = [];
}

/// <summary>A page of the change log, ascending.</summary>
/// <param name="Done">No further entry matches.</param>
/// <param name="First">Number of the first entry returned, 0 if none.</param>
/// <param name="Last">Number of the last entry returned, else the last number ever given.</param>
public sealed record ChangePage(IReadOnlyList<ChangeRow> Rows, bool Done, long First, long Last);

/// <summary>A resource sent elsewhere; the identifiers below its level are null.</summary>
public sealed record ExportRequest(ResourceLevel Level, string PublicId, string RemoteModality,
    string PatientId, string? StudyInstanceUid, string? SeriesInstanceUid, string? SopInstanceUid, DateTimeOffset Date);

/// <summary>A row of the export log.</summary>
public sealed record ExportRow(long Sequence, ExportRequest Export);

/// <summary>A page of the export log, ascending; <paramref name="Last"/> is <c>since</c> if empty.</summary>
public sealed record ExportPage(IReadOnlyList<ExportRow> Rows, bool Done, long Last);
