namespace Edge.Core.Ids;

/// <summary>The four levels of the DICOM patient hierarchy (PS3.4 C.6), numbered as Orthanc numbers them.</summary>
public enum ResourceLevel
{
    Patient = 1,
    Study = 2,
    Series = 3,
    Instance = 4,
}
