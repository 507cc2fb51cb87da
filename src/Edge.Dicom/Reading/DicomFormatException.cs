using Edge.Core.Errors;

namespace Edge.Dicom.Reading;

/// <summary>Bytes that cannot be DICOM, or are too damaged to go on: Orthanc's "Bad file format" (15).</summary>
/// <param name="detail">What was wrong and at which offset; never a value of the patient.</param>
public sealed class DicomFormatException(string detail, Exception? inner = null)
    : EdgeException(ErrorCode.BadFileFormat, detail, inner);
