using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>One thing that is wrong, or odd, in the configuration.</summary>
/// <param name="IsError">Whether the server refuses to start; else it warns and goes on.</param>
/// <param name="Where">File and line (<c>edge-dicom.json:12</c>), environment variable or secret file.</param>
/// <param name="Path">The option at fault, as <c>DicomModalities.pacs[2]</c>; empty where it is the file as a whole.</param>
/// <param name="Message">The value at fault, what is expected, and how to put it right.</param>
/// <param name="Code">Orthanc's code for it.</param>
public sealed record ConfigurationProblem(bool IsError, string Where, string Path, string Message, ErrorCode Code)
{
    /// <summary>One line: <c>edge-dicom.json:12: HttpPort: 99999 is out of range: expected an integer from 1 to 65535</c>.</summary>
    public override string ToString() => string.Join(": ", new[] { Where, Path, Message }.Where(static part => part.Length > 0));
}
