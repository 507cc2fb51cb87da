using System.Text;
using Edge.Imaging;
using Edge.Imaging.Output;
using Edge.Imaging.Rendering;
using Xunit;

namespace Edge.Unit.Tests.Imaging;

public sealed class ValueWriterTests
{
    [Fact]
    public void TheHeaderOfAnArrayIsOrthancs()
    {
        byte[] header = NumpyWriter.Header(1, 1, 4, PixelFormat.Gray16, isRescaled: true);
        Assert.Equal(128, header.Length);
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 118, 0], header[..10]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1,4,1), }", Encoding.ASCII.GetString(header[10..]).TrimEnd());
        Assert.Equal((byte)'\n', header[127]);
        Assert.Contains("'<u1', 'fortran_order': False, 'shape': (41,40,3), }", Encoding.ASCII.GetString(NumpyWriter.Header(null, 41, 40, PixelFormat.Rgb24, isRescaled: true)));
        Assert.Contains("'<i2'", Encoding.ASCII.GetString(NumpyWriter.Header(null, 1, 1, PixelFormat.SignedGray16, isRescaled: false)));
    }

    [Fact]
    public void ValuesAreRescaledUnlessTheyAreColour()
    {
        using PixelBuffer grey = new(2, 1, PixelFormat.SignedGray16);
        (grey.Samples<short>()[0], grey.Samples<short>()[1]) = (-2000, 3398);
        byte[] values = new byte[NumpyWriter.FrameLength(1, 2, PixelFormat.SignedGray16, isRescaled: true)];
        NumpyWriter.Write(grey, new Rescale(1, -1024), values);
        Assert.Equal([-3024f, 2374f], [BitConverter.ToSingle(values, 0), BitConverter.ToSingle(values, 4)]);
        byte[] stored = new byte[NumpyWriter.FrameLength(1, 2, PixelFormat.SignedGray16, isRescaled: false)];
        NumpyWriter.Write(grey, null, stored);
        Assert.Equal(grey.Bytes.ToArray(), stored);
        using PixelBuffer colour = new(1, 1, PixelFormat.Rgb24);
        (colour.Bytes[0], colour.Bytes[1], colour.Bytes[2]) = (1, 2, 3);
        byte[] channels = new byte[NumpyWriter.FrameLength(1, 1, PixelFormat.Rgb24, isRescaled: true)];
        NumpyWriter.Write(colour, new Rescale(2, 0), channels);
        Assert.Equal([1, 2, 3], channels);
    }

    [Fact]
    public void MatlabReadsRows()
    {
        using PixelBuffer grey = new(3, 2, PixelFormat.SignedGray16);
        short[] values = [1, -2, 3, 4, 5, -32768];
        values.CopyTo(grey.Samples<short>());
        using EncodedImage text = MatlabWriter.Encode(grey);
        Assert.Equal("double([ 1 -2 3 ; 4 5 -32768 ])", Encoding.ASCII.GetString(text.Span));
        using PixelBuffer colour = new(2, 2, PixelFormat.Rgb24);
        byte[] channels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        channels.CopyTo(colour.Bytes);
        using EncodedImage cube = MatlabWriter.Encode(colour);
        Assert.Equal("double(permute(reshape([ 1 2 3 4 5 6 7 8 9 10 11 12 ], [ 3 2 2 ]), [ 3 2 1 ]))", Encoding.ASCII.GetString(cube.Span));
    }

    [Fact]
    public void PicturesBecomeJpeg()
    {
        using PixelBuffer grey = new(40, 30, PixelFormat.Gray8);
        grey.Bytes.Fill(77);
        using EncodedImage jpeg = JpegImageWriter.Encode(grey, 90);
        Assert.Equal([0xff, 0xd8, 0xff], jpeg.Span[..3].ToArray());
        using PixelBuffer wide = new(4, 4, PixelFormat.Gray16);
        Assert.Throws<ImageException>(() => JpegImageWriter.Encode(wide, 90));
    }
}
