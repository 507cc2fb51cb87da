using System.Buffers;
using System.Buffers.Binary;
using Edge.Core.Errors;
using Edge.Dicom.Reading;
using Edge.Imaging;
using Edge.Imaging.Encapsulation;
using Xunit;

namespace Edge.Unit.Tests.Imaging.Encapsulation;

public sealed class EncapsulatedPixelDataTests
{
    [Fact]
    public void FramesAreFoundByTheOffsetTable()
    {
        ArrayBufferWriter<byte> value = new();
        EncapsulationWriter.WriteOffsetTable(value, [3, 4, 1]);
        EncapsulationWriter.WriteFrame(value, [1, 2, 3]);
        EncapsulationWriter.WriteFrame(value, [4, 5, 6, 7]);
        EncapsulationWriter.WriteFrame(value, [8]);
        EncapsulationWriter.WriteEnd(value);
        EncapsulatedPixelData data = Of(value.WrittenSpan.ToArray(), 3);
        Assert.Equal([1, 2, 3, 0], data.Read(0));
        Assert.Equal([4, 5, 6, 7], data.Read(1));
        Assert.Equal([8, 0], data.Read(2));
        Assert.Equal(ErrorCode.ParameterOutOfRange, Assert.Throws<ImageException>(() => data.Read(3)).Code);
    }

    [Fact]
    public void FragmentsOfOneFrameAreJoined() => Assert.Equal([1, 2, 3, 4, 5, 6], Of(Value([], [1, 2], [3, 4], [5, 6]), 1).Read(0));

    [Fact]
    public void FragmentsAreToldApartByTheTable()
    {
        byte[] value = Value([0, 20], [1, 2], [3, 4], [5, 6]);
        Assert.Equal([1, 2, 3, 4], Of(value, 2).Read(0));
        Assert.Equal([5, 6], Of(value, 2).Read(1));
    }

    [Fact]
    public void WithoutATableFragmentsAreFramesOrBeginLikeThem()
    {
        Assert.Equal([3, 4], Of(Value([], [1, 2], [3, 4]), 2).Read(1));
        byte[] split = Value([], [0xff, 0xd8, 0xff, 1], [2, 2], [0xff, 0xd8, 0xff, 3], [4, 4]);
        Assert.Equal([0xff, 0xd8, 0xff, 1, 2, 2], Of(split, 2).Read(0));
        Assert.Equal([0xff, 0xd8, 0xff, 3, 4, 4], Of(split, 2).Read(1));
        Assert.Equal(ErrorCode.CorruptedFile, Assert.Throws<ImageException>(() => Of(Value([], [1, 2], [3, 4], [5, 6]), 2).Read(0)).Code);
    }

    [Fact]
    public void ATableThatPointsAtNoItemIsNotBelieved() => Assert.Equal([3, 4], Of(Value([0, 11], [1, 2], [3, 4]), 2).Read(1));

    [Fact]
    public void TheExtendedTableLeavesPaddingOut()
    {
        byte[] offsets = new byte[16], lengths = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(offsets.AsSpan(8), 10);
        BinaryPrimitives.WriteInt64LittleEndian(lengths, 2);
        BinaryPrimitives.WriteInt64LittleEndian(lengths.AsSpan(8), 1);
        Assert.Equal([3], Of(Value([], [1, 2], [3, 0]), 2, new ExtendedOffsetTable(offsets, lengths)).Read(1));
    }

    [Fact]
    public void AnItemBeyondTheEndIsRefused()
    {
        byte[] value = Value([], [1, 2]);
        BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(12), 1 << 30);
        Assert.Equal(ErrorCode.CorruptedFile, Assert.Throws<ImageException>(() => Of(value, 1).Read(0)).Code);
    }

    private static EncapsulatedPixelData Of(byte[] value, int frames, ExtendedOffsetTable? extended = null) => new(new MemoryByteSource(value), 0, frames, extended);

    private static byte[] Value(uint[] table, params byte[][] fragments)
    {
        MemoryStream value = new();
        byte[] entries = new byte[4 * table.Length];
        for (int i = 0; i < table.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(entries.AsSpan(4 * i), table[i]);
        }

        foreach (byte[] item in (byte[][])[entries, .. fragments])
        {
            value.Write([0xfe, 0xff, 0x00, 0xe0, (byte)item.Length, 0, 0, 0]);
            value.Write(item);
        }

        value.Write([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        return value.ToArray();
    }
}
