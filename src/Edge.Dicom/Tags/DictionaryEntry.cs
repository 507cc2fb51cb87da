namespace Edge.Dicom.Tags;

/// <summary>What a dictionary knows of an attribute.</summary>
/// <param name="Tag">The tag; of a repeating group or private block, the tag that was asked for.</param>
/// <param name="Keyword">The keyword of PS3.6, without Orthanc's <c>RETIRED_</c> prefix.</param>
/// <param name="Vr">The VR, or the first of those that <paramref name="Choice"/> leaves open.</param>
/// <param name="Choice">Which VRs are possible.</param>
/// <param name="Multiplicity">The value multiplicity as PS3.6 writes it: <c>1</c>, <c>1-n</c>, <c>2-2n</c>.</param>
/// <param name="IsRetired">Whether the standard has retired it.</param>
/// <param name="PrivateCreator">The owner of a private attribute, else null.</param>
public sealed record DictionaryEntry(
    DicomTag Tag,
    string Keyword,
    Vr Vr,
    VrChoice Choice,
    string Multiplicity,
    bool IsRetired,
    string? PrivateCreator = null);
