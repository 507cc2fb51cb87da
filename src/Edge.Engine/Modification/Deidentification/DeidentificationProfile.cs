using Edge.Core.Errors;
using Edge.Dicom.Tags;

namespace Edge.Engine.Modification.Deidentification;

/// <summary>The action codes of PS3.15 table E.1-1, in the order of the generated table.</summary>
internal enum ProfileCode : byte
{
    None,
    X,
    Z,
    D,
    U,
    XorZ,
    XorD,
    XorZorD,
    ZorD,
    XorZorUids,
}

/// <summary>What becomes of an attribute.</summary>
public enum ProfileAction
{
    /// <summary>It stays; what its items hold is looked at.</summary>
    None,
    Remove,

    /// <summary>Its value becomes empty, a sequence loses its items.</summary>
    Clear,

    /// <summary>A value of the VR that says nothing.</summary>
    Dummy,

    /// <summary>A UID becomes another one, the same everywhere.</summary>
    MapUid,
}

/// <summary>The options of PS3.15 E.3 that keep attributes (K in table E.1-1), in the order of the generated bits.</summary>
[Flags]
public enum RetainOptions
{
    None = 0,
    Uids = 1,
    DeviceIdentity = 2,
    InstitutionIdentity = 4,
    PatientCharacteristics = 8,
    LongitudinalTemporalFull = 16,
}

/// <summary>
/// One edition of the Basic Application Level Confidentiality Profile (PS3.15 table E.1-1). The four editions that Orthanc knows do what Orthanc does:
/// whatever may be removed is removed, dummies are empty values. The newest edition keeps to the strictest code of each row that leaves objects
/// valid: dummies are values, and type 2 attributes stay, empty.
/// </summary>
public sealed class DeidentificationProfile
{
    private static readonly DeidentificationProfile[] All =
    [
        new("2008", "2008 Table E.1-1", conforms: false),
        new("2017c", "2017c Table E.1-1 Basic Profile", conforms: false),
        new("2021b", "2021b Table E.1-1 Basic Profile", conforms: false),
        new("2023b", "2023b Table E.1-1 Basic Profile", conforms: false),
        new("2024e", "2024e Table E.1-1 Basic Profile", conforms: true),
    ];

    private readonly string _title;

    private DeidentificationProfile(string version, string title, bool conforms)
    {
        Version = version;
        _title = title;
        Conforms = conforms;
    }

    /// <summary>What Orthanc takes where a request names none, since 1.12.1.</summary>
    public static DeidentificationProfile Default => Require("2023b");

    /// <summary>The edition, such as <c>2023b</c>.</summary>
    public string Version { get; }

    /// <summary>Whether the actions keep objects valid (no type 1 attribute empty, no type 2 attribute absent), as the newest edition does.</summary>
    public bool Conforms { get; }

    /// <summary>The edition of a name.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange, naming it.</exception>
    public static DeidentificationProfile Require(string version) =>
        Array.Find(All, profile => profile.Version == version)
        ?? throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown DicomVersion: it must be one of {string.Join(", ", All.Select(static profile => profile.Version))}");

    /// <summary>The value of DeidentificationMethod.</summary>
    public string Method(string product) => $"{product} - PS 3.15-{_title}";

    /// <summary>What becomes of a public attribute.</summary>
    public ProfileAction ActionOf(DicomTag tag, RetainOptions retained = RetainOptions.None)
    {
        // Curves, overlay data and overlay comments are rows of repeating groups (PS3.5 7.6), since the editions after 2008.
        if (tag.Group >= 0x5000 && tag.Group <= 0x60FF && !ReferenceEquals(this, All[0]))
        {
            return tag.Group < 0x5100 || (tag.Group >= 0x6000 && tag.Element is 0x3000 or 0x4000) ? ProfileAction.Remove : ProfileAction.None;
        }

        int at = ProfileTable.Tags.BinarySearch(tag.Value);
        if (at < 0 || (retained != RetainOptions.None && ((RetainOptions)ProfileTable.Retained[at] & retained) != RetainOptions.None))
        {
            return ProfileAction.None;
        }

        ProfileCode code = (ProfileCode)Column[at];
        return Conforms ? Strict(code) : AsOrthanc(code);
    }

    private ReadOnlySpan<byte> Column => Version switch
    {
        "2008" => ProfileTable.Of2008,
        "2017c" => ProfileTable.Of2017c,
        "2021b" => ProfileTable.Of2021b,
        "2023b" => ProfileTable.Of2023b,
        _ => ProfileTable.Of2024e,
    };

    private static ProfileAction AsOrthanc(ProfileCode code) => code switch
    {
        ProfileCode.X or ProfileCode.XorZ or ProfileCode.XorD or ProfileCode.XorZorD => ProfileAction.Remove,
        ProfileCode.Z or ProfileCode.D or ProfileCode.ZorD => ProfileAction.Clear,
        ProfileCode.U => ProfileAction.MapUid,
        _ => ProfileAction.None,
    };

    // Of several codes the one that suits the strictest type of attribute: D for type 1, Z for type 2 (PS3.15 E.1.1).
    private static ProfileAction Strict(ProfileCode code) => code switch
    {
        ProfileCode.X => ProfileAction.Remove,
        ProfileCode.Z or ProfileCode.XorZ => ProfileAction.Clear,
        ProfileCode.D or ProfileCode.ZorD or ProfileCode.XorD or ProfileCode.XorZorD => ProfileAction.Dummy,
        ProfileCode.U => ProfileAction.MapUid,
        _ => ProfileAction.None,
    };
}
