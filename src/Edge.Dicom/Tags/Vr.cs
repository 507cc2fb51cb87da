namespace Edge.Dicom.Tags;

/// <summary>Value representations (PS3.5 6.2), in alphabetical order; <see cref="None"/> stands for items, delimiters and "not known".</summary>
public enum Vr : byte
{
    None = 0,
    AE,
    AS,
    AT,
    CS,
    DA,
    DS,
    DT,
    FD,
    FL,
    IS,
    LO,
    LT,
    OB,
    OD,
    OF,
    OL,
    OV,
    OW,
    PN,
    SH,
    SL,
    SQ,
    SS,
    ST,
    SV,
    TM,
    UC,
    UI,
    UL,
    UN,
    UR,
    US,
    UT,
    UV,
}

/// <summary>Which of several value representations a dictionary entry leaves open (PS3.6, "US or SS" and the like).</summary>
public enum VrChoice : byte
{
    /// <summary>One value representation only.</summary>
    None = 0,

    /// <summary>OB or OW: OW in implicit VR, OB where encapsulated (PS3.5 A.1, A.4).</summary>
    ObOrOw,

    /// <summary>US or SS, by PixelRepresentation (0028,0103).</summary>
    UsOrSs,

    /// <summary>US or OW (LUTData).</summary>
    UsOrOw,

    /// <summary>US or SS or OW (retired lookup-table data).</summary>
    UsOrSsOrOw,
}
