namespace Edge.Core.Ids;

/// <summary>Who we are in DICOM files (0002,0012), (0002,0013) and associations (PS3.7 D.3.3.2).</summary>
public static class Implementation
{
    /// <summary>
    /// Implementation class UID: derived from a UUID (PS3.5 B.2) of version 8 (RFC 9562 5.8) whose first 48 bits are zero and 74 random. Its 29 characters and
    /// the 14 of <see cref="VersionName"/> make our file meta information as long as DCMTK's: clients compare sizes of files and offsets of pixel data.
    /// </summary>
    public const string ClassUid = "2.25.653653904099274091549702";

    /// <summary>Implementation version name; at most 16 characters.</summary>
    public const string VersionName = "EDGE_DICOM_0_1";

    /// <summary>The version of Orthanc's REST API that is spoken; clients decide by it what they may ask.</summary>
    public const string OrthancVersion = "1.12.11";
}
