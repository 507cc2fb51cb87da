namespace Edge.Core.Ids;

/// <summary>Who we are in DICOM files (0002,0012), (0002,0013) and associations (PS3.7 D.3.3.2).</summary>
public static class Implementation
{
    /// <summary>Implementation class UID: derived from a UUID (PS3.5 B.2).</summary>
    public const string ClassUid = "2.25.136304331066833891314319000299152233296";

    /// <summary>Implementation version name; at most 16 characters.</summary>
    public const string VersionName = "EDGE_DICOM_01";

    /// <summary>The version of Orthanc's REST API that is spoken; clients decide by it what they may ask.</summary>
    public const string OrthancVersion = "1.12.11";
}
