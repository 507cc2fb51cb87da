using Edge.Core.Errors;

namespace Edge.Imaging;

/// <summary>Pixel data that cannot be decoded, rendered or written.</summary>
public sealed class ImageException(ErrorCode code, string detail) : EdgeException(code, detail);
