namespace Edge.Dicom.Json;

/// <summary>The three shapes of Orthanc's tag JSON.</summary>
public enum TagFormat
{
    /// <summary><c>"gggg,eeee": {"Name", "Type", "Value"}</c>.</summary>
    Full,

    /// <summary><c>"gggg,eeee": value</c>.</summary>
    Short,

    /// <summary><c>"Keyword": value</c>.</summary>
    Simplified,
}
