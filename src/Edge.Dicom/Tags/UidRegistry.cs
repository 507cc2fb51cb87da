using System.Text;

namespace Edge.Dicom.Tags;

/// <summary>What a SOP class is for.</summary>
public enum SopClassKind
{
    /// <summary>No SOP class, or one of none of the other kinds.</summary>
    Other,
    Verification,

    /// <summary>Instances that are stored (PS3.4 annex B and GG), also of the non-patient and of the retired kind.</summary>
    Storage,

    /// <summary>C-FIND of the query/retrieve service.</summary>
    Find,

    /// <summary>C-MOVE of the query/retrieve service.</summary>
    Move,

    /// <summary>C-GET of the query/retrieve service.</summary>
    Get,

    /// <summary>Modality worklist C-FIND.</summary>
    Worklist,
    StorageCommitment,

    /// <summary>Print management, annotation, LUT and film classes.</summary>
    Print,

    /// <summary>Procedure step services: MPPS and UPS.</summary>
    ProcedureStep,

    /// <summary>Media storage directory (DICOMDIR).</summary>
    MediaDirectory,
}

/// <summary>A registered UID.</summary>
/// <param name="Uid">The UID.</param>
/// <param name="Name">Its name in PS3.6 annex A.</param>
/// <param name="Type">Its type there: <c>SOP Class</c>, <c>Transfer Syntax</c>…</param>
/// <param name="Keyword">Its keyword.</param>
/// <param name="IsRetired">Whether it is retired.</param>
public sealed record RegisteredUid(string Uid, string Name, string Type, string Keyword, bool IsRetired)
{
    /// <summary>What the SOP class is for.</summary>
    public SopClassKind Kind { get; init; }
}

/// <summary>The UIDs of PS3.6 annex A.</summary>
public static class UidRegistry
{
    public const string Verification = "1.2.840.10008.1.1";
    public const string MediaStorageDirectory = "1.2.840.10008.1.3.10";
    public const string StorageCommitmentPushModel = "1.2.840.10008.1.20.1";
    public const string StorageCommitmentPushModelInstance = "1.2.840.10008.1.20.1.1";
    public const string ApplicationContext = "1.2.840.10008.3.1.1.1";
    public const string ModalityPerformedProcedureStep = "1.2.840.10008.3.1.2.3.3";
    public const string ModalityWorklistFind = "1.2.840.10008.5.1.4.31";
    public const string PatientRootFind = "1.2.840.10008.5.1.4.1.2.1.1";
    public const string PatientRootMove = "1.2.840.10008.5.1.4.1.2.1.2";
    public const string PatientRootGet = "1.2.840.10008.5.1.4.1.2.1.3";
    public const string StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";
    public const string StudyRootMove = "1.2.840.10008.5.1.4.1.2.2.2";
    public const string StudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";
    public const string PatientStudyOnlyFind = "1.2.840.10008.5.1.4.1.2.3.1";
    public const string PatientStudyOnlyMove = "1.2.840.10008.5.1.4.1.2.3.2";
    public const string PatientStudyOnlyGet = "1.2.840.10008.5.1.4.1.2.3.3";
    public const string CtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
    public const string MrImageStorage = "1.2.840.10008.5.1.4.1.1.4";
    public const string SecondaryCaptureImageStorage = "1.2.840.10008.5.1.4.1.1.7";
    public const string EncapsulatedPdfStorage = "1.2.840.10008.5.1.4.1.1.104.1";

    private static readonly Lazy<RegisteredUid[]> Loaded = new(Load);
    private static readonly Lazy<Dictionary<string, RegisteredUid>> ByUid =
        new(() => Loaded.Value.ToDictionary(uid => uid.Uid, StringComparer.Ordinal));

    /// <summary>All registered UIDs, in ordinal order.</summary>
    public static IReadOnlyList<RegisteredUid> All => Loaded.Value;

    /// <summary>The storage SOP classes, retired ones included.</summary>
    public static IEnumerable<RegisteredUid> StorageClasses => Loaded.Value.Where(uid => uid.Kind == SopClassKind.Storage);

    /// <summary>A registered UID, or null. Trailing NULs and spaces are ignored.</summary>
    public static RegisteredUid? Find(string uid) => ByUid.Value.GetValueOrDefault(uid.TrimEnd('\0', ' '));

    /// <summary>Whether the UID is that of a storage SOP class of the standard.</summary>
    public static bool IsStorageClass(string uid) => Find(uid)?.Kind == SopClassKind.Storage;

    private static RegisteredUid[] Load()
    {
        var all = new RegisteredUid[UidTable.UidOffsets.Length];
        for (int i = 0; i < all.Length; i++)
        {
            string uid = Text(UidTable.UidOffsets[i], UidTable.UidLengths[i]);
            string name = Text(UidTable.NameOffsets[i], UidTable.NameLengths[i]);
            int type = UidTable.Types[i] & 0x7F;
            string typeName = Encoding.ASCII.GetString(UidTable.TypeText[UidTable.TypeOffsets[type]..UidTable.TypeOffsets[type + 1]]);
            all[i] = new RegisteredUid(uid, name, typeName, Text(UidTable.KeywordOffsets[i], UidTable.KeywordLengths[i]), (UidTable.Types[i] & 0x80) != 0)
            {
                Kind = typeName is "SOP Class" ? KindOf(uid, name) : SopClassKind.Other,
            };
        }

        return all;
    }

    private static SopClassKind KindOf(string uid, string name) => uid switch
    {
        Verification => SopClassKind.Verification,
        MediaStorageDirectory => SopClassKind.MediaDirectory,
        ModalityWorklistFind => SopClassKind.Worklist,
        StorageCommitmentPushModel or "1.2.840.10008.1.20.2" => SopClassKind.StorageCommitment,
        ModalityPerformedProcedureStep or "1.2.840.10008.3.1.2.3.4" or "1.2.840.10008.3.1.2.3.5" => SopClassKind.ProcedureStep,
        _ when uid.StartsWith("1.2.840.10008.5.1.1.", StringComparison.Ordinal) && !name.EndsWith("Storage", StringComparison.Ordinal) => SopClassKind.Print,
        _ when uid.StartsWith("1.2.840.10008.5.1.4.34.", StringComparison.Ordinal) && name.Contains("Procedure Step", StringComparison.Ordinal) => SopClassKind.ProcedureStep,
        _ when name.Contains("Storage", StringComparison.Ordinal) && !name.Contains("Storage Commitment", StringComparison.Ordinal) => SopClassKind.Storage,
        _ when name.Contains("- FIND", StringComparison.Ordinal) => SopClassKind.Find,
        _ when name.Contains("- MOVE", StringComparison.Ordinal) => SopClassKind.Move,
        _ when name.Contains("- GET", StringComparison.Ordinal) => SopClassKind.Get,
        _ => SopClassKind.Other,
    };

    private static string Text(int offset, int length) => Encoding.ASCII.GetString(UidTable.Text.Slice(offset, length));
}
